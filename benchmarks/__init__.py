"""What the speed and memory claims of the README are made of. `make bench` runs them all."""
