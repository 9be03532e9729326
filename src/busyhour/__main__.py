"""`python -m busyhour` is the same as `busyhour`."""

from busyhour.cli import main

if __name__ == "__main__":
    main()
