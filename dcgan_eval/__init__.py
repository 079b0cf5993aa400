"""How good is what this network has learned?"""
