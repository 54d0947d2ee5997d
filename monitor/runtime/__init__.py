"""What runs, when, and in which process: the only place that knows the scheduler."""
