"""What people and manifests call the learners."""

RANDOM_FOREST, XGBOOST, LINEAR = "random forest", "XGBoost", "linear"
