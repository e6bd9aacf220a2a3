"""What pictures are asked for and what they cost: pure values, no I/O, no clock, no environment."""
