"""What a layer sees: CAM, Grad-CAM, and the layers, token grids and features that they stand on."""
