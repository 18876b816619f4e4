enum PlaceholderBerthLedger {}
