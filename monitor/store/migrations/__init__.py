"""How the tables came to be, revision by revision; read by ``monitor.store.schema`` alone.

A file's name says when it runs: ``pre`` before the new code is live, ``post`` after the old code
is gone. Add one with the next number, and never change one that was released.
"""
