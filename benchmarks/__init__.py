"""Gas and speed, printed as tables; run as `python -m benchmarks.<name>`."""
