"""Back-propagation: gradients, ReLU rules, DeepLIFT and its rescale rules."""
