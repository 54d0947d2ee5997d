"""How well comments are read: labelled examples in, a card of figures out; it changes nothing."""
