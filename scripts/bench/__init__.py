"""The parts of the benchmark; scripts/benchmark.py is its command."""
