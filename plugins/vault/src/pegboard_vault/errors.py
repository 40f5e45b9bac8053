"""What keeps a sealed value shut. Neither says anything of the value."""

from pegboard import Problem


class KeyMissing(Problem):
    """503: the value was sealed under a key that this app does not have."""

    def __init__(self, key_id: str, keys: str) -> None:
        detail = (
            f"a stored secret is sealed under key {key_id}, which this app does not have: "
            f"put that key back into {keys}, or enter the secret anew"
        )
        super().__init__(503, "vault-key-missing", detail)
        self.key_id = key_id


class SealBroken(Problem):
    """500: the value is no envelope, was changed, or was put in another place than it was sealed for."""

    def __init__(self, reason: str) -> None:
        super().__init__(500, "sealed-value-broken", f"a stored secret cannot be opened: {reason}; enter it anew")
