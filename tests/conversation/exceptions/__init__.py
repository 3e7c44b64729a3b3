"""Where moto and the sandbox may differ, theme by theme."""

from exceptions import access, database, ingress, jobs, network, security_groups, service, storage
from exceptions.exception import Except

EXCEPTIONS: list[Except] = [
    exception
    for theme in [network, security_groups, database, ingress, service, jobs, storage, access]
    for exception in theme.EXCEPTIONS
]
