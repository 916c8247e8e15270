"""CLIP towers through open_clip: layer tokens of frames and of queries.

Nothing is imported here, so that a backbone can be *named* (`backbones.spec`) without loading torch.
"""
