"""How people are told: one module for each kind of notification target, and what they share."""
