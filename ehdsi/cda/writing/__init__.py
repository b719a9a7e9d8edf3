"""The parts of the document builder: data types, people, header, entries, sections."""
