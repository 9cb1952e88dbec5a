"""Images, digits and networks to explain: everything that the methods of `xai_core` are tried on."""
