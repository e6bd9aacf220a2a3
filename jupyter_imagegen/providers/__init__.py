"""What makes pictures: one module for each maker, behind the contract in `base`."""
