"""What the organisation keeps beside its fleet: tags, files, model configurations, keys, logs, prompt images, costs.

Plain functions over the world's records; none of them takes part in placing or playing runs.
"""
