"""All benchmark tables, one after the other."""

from benchmarks import cin, run_ssda903, ssda903

if __name__ == "__main__":
    cin.main([1_000, 10_000, 100_000])
    print()
    ssda903.main([1_000, 10_000, 100_000])
    print()
    run_ssda903.main([1_000, 10_000])
