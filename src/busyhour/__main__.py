"""Entry point of `python -m busyhour`, the same as `busyhour`: Ctrl-C ends it with 130, also during imports."""

import os
import signal

for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is not signal.SIG_IGN:  # nohup
        signal.signal(_number, lambda *_: os._exit(130))

from busyhour import cli  # noqa: E402  # the signals come first


def main() -> None:
    """Run the command line. Once it has its exit code, neither signal can change that."""
    try:
        cli.main()
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))


if __name__ == "__main__":
    main()
