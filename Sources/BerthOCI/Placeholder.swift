enum PlaceholderBerthOCI {}
