"""Our generator: signed, full telemetry, every request told to Locust as well."""

import cpu_of_test  # noqa: F401 - measures by being imported

from busyhour.load.users.locust_users import VoiceUser


class Voice(VoiceUser):
    """The fixed server knows no flows and no outcomes; everything else is as in loadtests/voice.py."""

    outcomes_per_second = 0.0

    def flow_id(self):
        """Any id will do."""
        return "0b5f6a1e-3c52-4f0e-9d57-0c7a1e2b3d4f"
