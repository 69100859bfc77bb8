"""The parts of bin/bench: each has `measure`, which returns figures."""
