"""Replays a recorded exchange with a foreign NCP: the same answers, other people."""
