"""Makers that tests share: images, networks, records, tasks, commands. One file a thing."""
