"""What vod decides, pure: states, room, grants, watch time, and the plan of an encoding."""
