"""Use cases of portal: each page asks its services at once and keeps what came back."""

from suuupra.services.portal.service.composing import Composer, Faces
from suuupra.services.portal.service.learning import Learning
from suuupra.services.portal.service.preferences import Preferences
from suuupra.services.portal.service.storefront import Storefront
from suuupra.services.portal.service.teaching import Teaching

__all__ = ["Composer", "Faces", "Learning", "Preferences", "Storefront", "Teaching"]
