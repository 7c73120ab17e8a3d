"""`python -m tradai_console` is the same as `tradai-console`."""

from tradai_console.start import main

if __name__ == "__main__":
    main()
