"""``python -m dcgan_eval``: the command ``dcgan-eval``."""

from dcgan_eval.cli import main

if __name__ == "__main__":
    main()
