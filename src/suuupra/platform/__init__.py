"""What runs behind the kernel's Protocols: each adapter beside its embedded twin.

Imported by `suuupra.app` alone; services hold Protocols and never see this room.
"""
