"""Objects on disk: whole and fsynced or not there at all, read and written from outside by signed paths."""

from suuupra.platform.objects.disk import DiskObjects
from suuupra.platform.objects.routes import object_routes

__all__ = ["DiskObjects", "object_routes"]
