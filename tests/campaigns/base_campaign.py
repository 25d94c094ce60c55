"""What campaign.py runs, for campaigns that set nothing up and have nothing to put away."""


class Campaign:
    """Derived classes have run(), a case, or run_all(); `scratch` is a folder of the campaign."""

    def __init__(self, scratch):
        self.scratch = scratch

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass
