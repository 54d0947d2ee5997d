"""The council's words as plain Python: no I/O, no SDK, no ORM, and time is an argument."""
