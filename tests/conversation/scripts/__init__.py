"""What is said: one theme a file, each a function that takes a conversation and begins from nothing of its own."""

from scripts.access import access
from scripts.certificates import certificates
from scripts.database import database
from scripts.details import details
from scripts.filters import filters
from scripts.gateways import gateways
from scripts.ingress import ingress
from scripts.jobs import jobs
from scripts.limits import limits
from scripts.listings import listings
from scripts.logs import logs
from scripts.network import network
from scripts.objects import objects
from scripts.permissions import permissions
from scripts.rules import rules
from scripts.scaling import scaling
from scripts.secrets import secrets
from scripts.security_groups import security_groups
from scripts.service import service
from scripts.storage import storage
from scripts.tagged import tagged
from scripts.versions import versions

THEMES = [
    network,
    filters,
    gateways,
    security_groups,
    permissions,
    database,
    ingress,
    certificates,
    rules,
    service,
    scaling,
    jobs,
    storage,
    objects,
    versions,
    secrets,
    logs,
    access,
    tagged,
    listings,
    limits,
    details,
]
