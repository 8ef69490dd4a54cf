"""Run every benchmark: python -m benchmarks."""

from benchmarks import score

if __name__ == "__main__":
    score.main()
