"""Tables of each kind of section: entries of the model in, tables of the view model out."""
