"""The losses: ``plugins/<task>/<loss>/``, each a pluggy plugin, and the module base and tensor pieces they share."""
