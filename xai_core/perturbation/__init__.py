"""Switch features off and ask again: superpixels, words, tables; neighbourhood; LIME, KernelSHAP, RISE, occlusion."""
