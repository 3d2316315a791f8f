"""The operations of the API, one noun a file."""

from cyberdesk_nb.simulator.routes import (
    computer,
    connections,
    health,
    machines,
    model_configurations,
    pools,
    prompt_images,
    provider_credentials,
    request_logs,
    run_attachments,
    run_images,
    runs,
    trajectories,
    usage,
    workflow_tag_groups,
    workflow_tags,
    workflows,
)

# Fixed paths come before those with an id in the same place: `/v1/workflows/prompt-images` is no workflow.
ROUTERS = (
    health.router,
    machines.router,
    pools.router,
    connections.router,
    prompt_images.router,
    workflows.router,
    workflow_tags.on_workflows,
    workflow_tags.router,
    workflow_tag_groups.router,
    runs.router,
    run_images.router,
    run_attachments.router,
    trajectories.router,
    model_configurations.router,
    provider_credentials.router,
    usage.router,
    request_logs.router,
    computer.router,
)
