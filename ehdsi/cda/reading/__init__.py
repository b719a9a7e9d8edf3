"""The parts of the CDA reader; ``ehdsi.cda.parse`` is the door."""
