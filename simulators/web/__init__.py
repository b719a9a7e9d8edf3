"""What the pages of the simulators share: frame, style, security headers, the check of the Host header."""
