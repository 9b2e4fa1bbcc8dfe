"""The Azure stand-in: a provider plugin that keeps azure-native's resources as the Resource Manager would."""
