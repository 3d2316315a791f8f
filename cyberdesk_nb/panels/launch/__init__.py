"""The launch panel: pick workflows, fill in their forms, launch, watch."""
