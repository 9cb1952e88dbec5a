"""What all pages share: subject, controls, the cache of stages, links, what a reader takes away."""
