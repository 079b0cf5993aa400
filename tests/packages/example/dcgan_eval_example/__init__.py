"""A protocol, a probe, a kind of representation and a reader for dcgan-eval."""
