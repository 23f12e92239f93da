"""One world for several deployments that are undone."""
from scenario import left_behind


class Chain:
    """Version 1.0.0 serves, and one broken release after the other is tried on it: that a failed deployment leaves nothing is what
    the next one stands on. Only where one did leave something, or another test has used the world, is it made anew."""

    def __init__(self):
        self.first_day = None  # the inventory, and the world's number of resets, with 1.0.0 in service

    def link(self, world):
        if not self.is_sound(world):
            world.reset()
            world.put_in_service()
            self.first_day = (world.inventory(), world.resets)
        world.repository.copy_of(world.template)

    def is_sound(self, world):
        if self.first_day is None or self.first_day[1] != world.resets:
            return False
        return left_behind(self.first_day[0], world.inventory()) == {} and world.version() == "1.0.0"
