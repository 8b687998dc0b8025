"""A tiny house with one fault a rule: what the gates must find, and where."""

from pathlib import Path

FILES = {
    "services/identity/__init__.py": '"""Who."""\n',
    "services/identity/api.py": '"""The door."""\n',
    "services/identity/rules.py": (
        '"""Rules."""\n\nimport sqlalchemy\nfrom suuupra.services.identity import store\n'
    ),
    "services/identity/store.py": '"""Queries."""\n\nfrom sqlalchemy.ext.asyncio import AsyncSession\n',
    "services/identity/service.py": '"""Use cases."""\n\nfrom suuupra.services.content.api import Courses\n',
    "services/identity/extras.py": '"""No such room."""\n\nfrom suuupra.services.identity.api import Users\n',
    "services/vod/__init__.py": '"""Video."""\n',
    "services/vod/service.py": '"""Use cases."""\n\nfrom suuupra.services.identity.api import Users\n',
    "services/content/__init__.py": '"""Courses."""\n',
    "services/content/api.py": '"""The door."""\n',
    "services/content/service.py": (
        '"""Use cases."""\n\nimport asyncpg\n\nfrom suuupra.services.identity.store import accounts\n'
        "from suuupra.platform.postgres import pool\nfrom suuupra.services.gateway.api import Routes\n"
    ),
    "services/gateway/__init__.py": '"""The door of the site."""\n',
    "services/gateway/api.py": '"""The door."""\n\nfrom suuupra.services.identity.api import Users\n',
    "services/__init__.py": '"""Services."""\n',
    "kernel/__init__.py": '"""The kernel."""\n',
    "kernel/work.py": '"""Units."""\n\nfrom suuupra.kernel import jobs\nfrom suuupra.web import page\n',
    "kernel/jobs.py": '"""Jobs."""\n\nfrom suuupra.kernel import work\n',
    "web/__init__.py": '"""The look."""\n\npage = 1\n',
    "platform/__init__.py": '"""What runs."""\n',
    "platform/postgres.py": '"""Pools."""\n\npool = 1\n',
    "process/__init__.py": '"""Processes."""\n\nimport aiohttp\n',
    "app/__init__.py": '"""Composition."""\n\nfrom suuupra import process\n',
    "cli.py": '"""Commands."""\n\nfrom suuupra import app\n',
    "__init__.py": '"""A planted house."""\n',
}


def house(root: Path) -> Path:
    """Write it below `root` and give `root` back."""
    for name, text in FILES.items():
        path = root / "src" / "suuupra" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def plant(root: Path, name: str, text: str) -> Path:
    """One more file in a house of its own."""
    path = root / "src" / "suuupra" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
