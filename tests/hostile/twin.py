"""A second bridge beside the arena's, for what the one must not suffer: it may be killed."""

import lab
from arena import JULIET, LOCAL, LOCALS, escaped
from bridge import Bridge

# The twin's own component.
SHOP = "shop." + LOCAL
TO_JULIET = escaped(JULIET, SHOP)


def prepare(arena):
    """Prosody knows the twin's component; for run ()."""
    arena.a.configure(hosts=arena.hosts + lab.component_block(SHOP)[0])
    arena.relays.add(SHOP)
    arena.local.add(SHOP)


class Twin:
    """While it is entered (`with twin:`), peers meet it instead of the arena's bridge."""

    made = 0

    def __init__(self, arena, **keys):
        """`keys` are of its component."""
        Twin.made += 1
        self.arena, self.place = arena, None
        self.bridge = Bridge(arena.folder, arena.network, 100 + Twin.made, arena,
                             name="twin%d" % Twin.made)
        self.bridge.component(SHOP, "relay", local_domains=LOCALS, **keys)
        self.bridge.groups["federation"].update(
            encryption="optional", trust=arena.authority.certificate)
        self.bridge.groups["limits"].update(arena.bridge.groups["limits"])
        arena.dns.set_service(SHOP, (0, 0, self.bridge.s2s, self.bridge.address))
        self.process = self.bridge.process
        arena.processes.append(self.process)

    def __enter__(self):
        self.place, self.arena.bridge = self.arena.bridge, self.bridge
        return self

    def __exit__(self, *_error):
        self.arena.bridge = self.place
