"""The AWS emulator: an HTTP endpoint that serves Connect contacts and throttles by quota.

`app.build` puts one together; `server.running` serves it in a thread, `busyhour emulator` in the foreground.
"""
