"""The operations of the API, one noun a file."""

from cyberdesk_nb.simulator.routes import (
    connections,
    health,
    machines,
    pools,
    run_images,
    runs,
    trajectories,
    workflows,
)

ROUTERS = (
    health.router,
    machines.router,
    pools.router,
    connections.router,
    workflows.router,
    runs.router,
    run_images.router,
    trajectories.router,
)
