"""How the bundled model is made: data, recipe, training loop, export."""
