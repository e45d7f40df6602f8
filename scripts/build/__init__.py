"""Set-up, assets, lock files and the suite: what makes a checkout ready and checks it."""
